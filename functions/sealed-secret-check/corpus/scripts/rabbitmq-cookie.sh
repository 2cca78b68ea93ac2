#!/bin/sh
echo "${RABBITMQ_ERLANG_COOKIE}" > /var/lib/rabbitmq/.erlang.cookie
chmod 600 /var/lib/rabbitmq/.erlang.cookie
rabbitmqctl add_user "$RABBITMQ_USER" "$RABBITMQ_PASSWORD" 2>/dev/null || true
rabbitmqctl change_password admin "$(cat /run/secrets/admin-password)"
rabbitmqctl set_permissions -p / "$RABBITMQ_USER" ".*" ".*" ".*"
curl -u "$RABBITMQ_USER:$RABBITMQ_PASSWORD" -sf http://localhost:15672/api/health/checks/alarms
wget --user="$RABBITMQ_USER" --password="$RABBITMQ_PASSWORD" -qO- http://localhost:15672/api/overview
