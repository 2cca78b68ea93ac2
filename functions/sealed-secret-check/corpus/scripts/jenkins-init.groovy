import jenkins.model.*
import hudson.security.*
import com.cloudbees.plugins.credentials.*

def instance = Jenkins.getInstance()
def env = System.getenv()
def password = env['JENKINS_PASSWORD']
def realm = new HudsonPrivateSecurityRealm(false)
realm.createAccount(env.JENKINS_USER, password)
def token = new File('/run/secrets/api-token').text.trim()
def secret = Secret.fromString(env.get("GITHUB_TOKEN"))
def creds = new StringCredentialsImpl(CredentialsScope.GLOBAL, "github", "Token of the robot", secret)
withCredentials([usernamePassword(credentialsId: 'nexus', usernameVariable: 'USER', passwordVariable: 'PASSWORD')]) {
    sh 'docker login -u $USER -p $PASSWORD registry.example.com'
    sh "curl -u ${USER}:${PASSWORD} https://nexus.example.com"
}
