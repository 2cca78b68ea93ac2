#!/bin/sh
for file in /dashboards/*.json; do
  curl --silent --fail --show-error \
    --request POST "http://${GF_SECURITY_ADMIN_USER}:${GF_SECURITY_ADMIN_PASSWORD}@grafana:3000/api/dashboards/import" \
    --header "Content-Type: application/json" --header "Accept: application/json" \
    --data-binary "@$file"
done
API_KEY=$(curl -s -X POST -H "Content-Type: application/json" -u "$GF_USER:$GF_PASSWORD" -d '{"name":"apikey", "role": "Admin"}' http://grafana/api/auth/keys | jq -r '.key')
curl -H "Authorization: Bearer ${API_KEY}" http://grafana/api/folders
