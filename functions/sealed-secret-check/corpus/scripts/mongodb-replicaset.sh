#!/usr/bin/env bash
replica_set="$REPLICA_SET"
script_name=${0##*/}
if [[ "$AUTH" == "true" ]]; then
    admin_user="$ADMIN_USER"
    admin_password="$ADMIN_PASSWORD"
    admin_creds=(-u "$admin_user" -p "$admin_password")
    auth_args=("--auth" "--keyFile=/data/configdb/key.txt")
fi
mongo admin "${admin_creds[@]}" --eval "db.createUser({user: '$admin_user', pwd: '$admin_password', roles: [{role: 'root', db: 'admin'}]})"
mongosh "mongodb://$admin_user:$admin_password@localhost:27017/admin?authSource=admin" --eval 'db.runCommand("ping").ok' --quiet
