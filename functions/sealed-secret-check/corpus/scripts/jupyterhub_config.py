c = get_config()
c.JupyterHub.cookie_secret = bytes.fromhex(get_config('hub.cookieSecret'))
c.ConfigurableHTTPProxy.auth_token = get_secret_value("proxyToken")
c.GitHubOAuthenticator.client_secret = os.environ['GITHUB_CLIENT_SECRET']
for service, spec in get_config("hub.services", {}).items():
    if "api_token" not in spec:
        spec["api_token"] = get_secret_value(f"hub.services.{service}.apiToken")
    c.JupyterHub.services.append({"name": service, "api_token": spec["api_token"], "admin": True})
db_password = get_secret_value("hub.db.password", None)
if db_password is not None:
    os.environ["PGPASSWORD"] = db_password
c.KubeSpawner.environment = {
    "S3_SECRET_KEY": lambda spawner: spawner.user.name,
    "TOKEN": set_token(c, "x"),
}
