#!/bin/bash
set -o pipefail
TOKEN=`oc serviceaccounts get-token grafana -n monitoring`
SSO_TOKEN=$(oc get secret sso -o jsonpath='{.data.token}' | base64 -d)
client_token="$(printf '%s' "$response" | jq -r '.auth.client_token')"
OPENSHIFT_OAUTH_CLIENT_SECRET="$(cat "${ORIGINAL_TOKEN}")"
[ -n "$client_token" ] && [ "$client_token" != "null" ]
PASSWORD=$2
PASSWORD="${3:?a password is required}"
test "$PASSWORD" == "$(cat /run/secrets/password)" || exit 1
oc login --token="$TOKEN" https://api.example.com:6443
oc login -u "$OCP_USER" -p "$OCP_PASSWORD" "$API"
oc create secret docker-registry pull --docker-server=quay.io --docker-username="$QUAY_USER" --docker-password="$QUAY_PASSWORD"
case "$1" in
  --password) PASSWORD="$2"; shift 2 ;;
  --token=*) TOKEN="${1#*=}"; shift ;;
esac
