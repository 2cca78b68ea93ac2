from __future__ import annotations
import os
from airflow.www.fab_security.manager import AUTH_OAUTH

basedir = os.path.abspath(os.path.dirname(__file__))
WTF_CSRF_ENABLED = True
AUTH_TYPE = AUTH_OAUTH
SQLALCHEMY_CONN = conf.get("database", "SQL_ALCHEMY_CONN")
SECRET_KEY = conf.get('webserver', 'SECRET_KEY')
fernet_key = os.environ["AIRFLOW__CORE__FERNET_KEY"]
password: str | None = None

class Login:
    def __init__(self, user: str, password: str, token: Optional[str] = None):
        self.user = user
        self.password = password
        self._token = token or os.environ.get("AIRFLOW_TOKEN")

    def headers(self):
        return {"Authorization": f"Bearer {self._token}", "X-Token": self._token}

client = Client(username=os.getenv("U"), password=os.getenv("AIRFLOW_PASSWORD", "airflow"))
