package com.example.shop;

import java.util.Properties;

public class Application {
    private static final String PASSWORD = System.getenv("DB_PASSWORD");
    @Value("${spring.datasource.password}")
    private String password;
    private final char[] secret;

    public Application(Config config) {
        this.password = config.getPassword();
        this.secret = config.getString("shop.secret").toCharArray();
        Properties properties = new Properties();
        properties.setProperty("password", password);
        properties.put("ssl.keystore.password", System.getProperty("keystorePassword"));
        String url = "jdbc:postgresql://" + host + "/shop?user=" + user + "&password=" + password;
        String token = request.getHeader("X-Auth-Token");
        if (token == null || token.equals("")) {
            throw new IllegalStateException("password required");
        }
    }
}
