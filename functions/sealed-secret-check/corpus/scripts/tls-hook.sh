#!/bin/bash
openssl genrsa -out /certs/tls.key 2048
openssl req -x509 -key /certs/tls.key -passin env:KEY_PASSWORD -subj "/CN=shop" -out /certs/tls.crt
openssl pkcs12 -export -in /certs/tls.crt -inkey /certs/tls.key -passout pass:"$KEYSTORE_PASSWORD" -out /certs/keystore.p12
openssl pkcs12 -export -in user.crt -inkey user.key -name shop -password pass:$CERTS_STORE_PASSWORD -out user.p12
keytool -importkeystore -srckeystore /certs/keystore.p12 -srcstorepass "$KEYSTORE_PASSWORD" -deststorepass "$KEYSTORE_PASSWORD" -noprompt
keytool -import -alias ca -file ca.crt -keystore truststore.jks -storepass ${TRUSTSTORE_PASSWORD} -noprompt
sed -i -e "s|@KEYSTORE_PASSWORD@|${KEYSTORE_PASSWORD}|" /etc/shop/server.properties
htpasswd -bc /auth/htpasswd "$ADMIN_USER" "$ADMIN_PASSWORD"
sshpass -p "$SFTP_PASSWORD" sftp user@host
sshpass -e ssh user@host
