const express = require("express");
const apiKey = process.env.API_KEY || "";
const password = process.env.DB_PASSWORD ?? config.get("db.password");
const { token, clientSecret } = require("./secrets");
const jwtSecret = process.env.JWT_SECRET;
const pool = new Pool({ user: "shop", password: password, host: process.env.DB_HOST });
const url = `postgres://${user}:${password}@${host}:5432/shop`;
app.use(session({ secret: process.env.SESSION_SECRET, cookie: { maxAge: 60000 } }));
fetch(url, { headers: { Authorization: `Bearer ${token}`, "X-Api-Key": apiKey } });
if (req.headers["x-token"] !== token) {
  res.status(401).json({ error: "invalid token" });
}
function login(username, password) {
  return bcrypt.compare(password, user.passwordHash);
}
export const setPassword = (password) => ({ type: "SET_PASSWORD", password });
