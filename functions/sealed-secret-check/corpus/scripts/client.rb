require 'net/http'
class Client
  attr_accessor :password, :token
  def initialize(password: ENV['PASSWORD'], token: ENV.fetch('TOKEN'))
    @password = password
    @token = token
    @secret = Rails.application.credentials.secret_key_base
  end
  def headers
    { 'Authorization' => "Bearer #{@token}", 'X-Api-Key' => ENV['API_KEY'] }
  end
end
uri = "postgres://#{user}:#{password}@#{host}/shop"
