#!/usr/bin/env sh
export VAULT_ADDR=http://127.0.0.1:8200
VAULT_TOKEN=$(vault write -field=token auth/kubernetes/login role=shop jwt=@/var/run/secrets/kubernetes.io/serviceaccount/token)
export VAULT_TOKEN
ROOT_TOKEN=$(jq -r '.root_token' < /tmp/keys.json)
UNSEAL_KEY=`jq -r .unseal_keys_b64[0] /tmp/keys.json`
vault operator unseal "$UNSEAL_KEY"
vault login "$ROOT_TOKEN" >/dev/null
vault kv put secret/shop password="$(openssl rand -base64 24)" token=@/tmp/token
kubectl create secret generic vault-token --from-literal=token="$ROOT_TOKEN" --dry-run=client -o yaml | kubectl apply -f -
