#!/bin/sh
set -eu
TIMESTAMP=$(date +%Y%m%d%H%M%S)
mysqldump -h "$DB_HOST" -u"$DB_USER" -p"$DB_PASSWORD" --single-transaction "$DB_NAME" | gzip > "/backup/$TIMESTAMP.sql.gz"
mysqladmin ping -uroot -p${MYSQL_ROOT_PASSWORD}
mysql --user=root --password="$MYSQL_ROOT_PASSWORD" -e "SET PASSWORD FOR 'app'@'%' = PASSWORD('$APP_PASSWORD');"
mc alias set backup "$S3_ENDPOINT" "$S3_ACCESS_KEY" "$S3_SECRET_KEY"
mc cp "/backup/$TIMESTAMP.sql.gz" backup/db/
