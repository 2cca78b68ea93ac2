#!/bin/bash
KCADM=/opt/keycloak/bin/kcadm.sh
until $KCADM config credentials --server http://localhost:8080 --realm master --user "$KEYCLOAK_ADMIN" --password "$KEYCLOAK_ADMIN_PASSWORD"; do
  sleep 5
done
CLIENT_SECRET=$($KCADM get clients/$CID/client-secret -r shop | jq -r .value)
TOKEN=$(curl -s -d "client_id=admin-cli" -d "username=$KEYCLOAK_ADMIN" -d "password=$KEYCLOAK_ADMIN_PASSWORD" -d "grant_type=password" "$URL/realms/master/protocol/openid-connect/token" | jq -r '.access_token')
curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$URL/admin/realms"
if [ -z "$TOKEN" ] || [ "$TOKEN" = "null" ]; then
  echo "could not get a token"
  exit 1
fi
$KCADM set-password -r shop --username admin --new-password "${ADMIN_PASSWORD}" --temporary
