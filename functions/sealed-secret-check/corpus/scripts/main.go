package main

import (
	"fmt"
	"os"
)

type Config struct {
	Password string `json:"password" env:"DB_PASSWORD,required"`
	Token    string `yaml:"token,omitempty"`
}

func main() {
	password := os.Getenv("DB_PASSWORD")
	token, err := readSecret("/run/secrets/token")
	if err != nil || token == "" {
		panic(err)
	}
	secretKey := []byte(cfg.SecretKey)
	dsn := fmt.Sprintf("postgres://%s:%s@%s:%d/%s", user, password, host, 5432, name)
	req.Header.Set("Authorization", "Bearer "+token)
	req.SetBasicAuth(user, password)
	client := New(WithPassword(password), WithToken(token), WithAPIKey(os.Getenv("API_KEY")))
	flag.StringVar(&password, "password", "", "the password of the database")
	var clientSecret string = config.Get("oauth.client_secret")
}
