#!/bin/bash
[[ -f $REDIS_PASSWORD_FILE ]] && export REDIS_PASSWORD="$(< "${REDIS_PASSWORD_FILE}")"
[[ -n "$REDIS_PASSWORD" ]] && export REDISCLI_AUTH="$REDIS_PASSWORD"
response=$(
  timeout -s 15 $1 \
  redis-cli -h localhost -p $REDIS_PORT -a "$REDIS_PASSWORD" --no-auth-warning ping
)
if [ "$response" != "PONG" ]; then
  echo "$response"
  exit 1
fi
sed -i "s/requirepass .*/requirepass ${REDIS_PASSWORD}/" /etc/redis.conf
echo "masterauth $REDIS_MASTER_PASSWORD" >> /etc/redis.conf
