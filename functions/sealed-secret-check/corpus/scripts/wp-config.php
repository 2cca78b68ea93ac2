<?php
define( 'DB_NAME', getenv_docker('WORDPRESS_DB_NAME', 'wordpress') );
define( 'DB_USER', getenv_docker('WORDPRESS_DB_USER', 'wordpress') );
define( 'DB_PASSWORD', getenv_docker('WORDPRESS_DB_PASSWORD', '') );
define( 'AUTH_KEY', getenv_docker('WORDPRESS_AUTH_KEY', '') );
define('SECURE_AUTH_SALT', getenv('SECURE_AUTH_SALT'));
$table_prefix = getenv_docker('WORDPRESS_TABLE_PREFIX', 'wp_');
$password = $_ENV['DB_PASSWORD'] ?? '';
$token = isset($_GET['token']) ? $_GET['token'] : null;
if ($password === '' || $password != $expected) {
    exit('no password');
}
$dsn = 'mysql://' . $user . ':' . $password . '@' . $host . '/shop';
