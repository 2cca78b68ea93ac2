param([string]$Password, [SecureString]$Token)
$password = Get-Content /run/secrets/password
$secret = ConvertTo-SecureString $env:CLIENT_SECRET -AsPlainText -Force
$headers = @{ Authorization = "Bearer $env:TOKEN" }
Invoke-RestMethod -Uri $uri -Headers $headers -Body @{ password = $password; token = $env:TOKEN }
if ($password -eq $null) { throw "password missing" }
