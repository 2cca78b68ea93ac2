variable "db_password" {
  type        = string
  sensitive   = true
  description = "The password of the database"
}
resource "random_password" "db" {
  length  = 32
  special = false
}
resource "kubernetes_secret" "db" {
  data = {
    password = random_password.db.result
    token    = var.token
    api_key  = data.vault_generic_secret.shop.data["api_key"]
    url      = "postgres://shop:${random_password.db.result}@db/shop"
  }
}
provider "vault" {
  token = var.vault_token
}
