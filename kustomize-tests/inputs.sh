# shellcheck shell=bash
# Manifests and a Pipeline for measurements, always the same.

# What comes in, without a process for it: tens of thousands of objects would take minutes.
emit() {
  local text
  IFS= read -r -d '' text || :
  printf '%s' "$text"
}

# N Deployments in which no function has anything to change.
deployments() {
  local i
  for ((i = 0; i < $1; i++)); do
    emit <<YAML
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app-$i, namespace: applications}
spec:
  replicas: 2
  selector: {matchLabels: {app: app-$i}}
  template:
    metadata: {labels: {app: app-$i}}
    spec:
      containers:
      - name: app
        image: registry.example.com/app:$i
        env: [{name: MODE, value: production}, {name: NUMBER, value: "$i"}]
        ports: [{name: http, containerPort: 8080}]
        resources: {requests: {cpu: 50m, memory: 64Mi}}
YAML
  done
}

# What an application has besides its Deployment: a Service, its Route, a claim, and settings that name the Service.
companions() { # NUMBER NAMESPACE
  emit <<YAML
---
apiVersion: v1
kind: Service
metadata:
  name: app-$1
  namespace: $2
spec:
  selector:
    app: app-$1
  ports:
  - name: http
    port: 80
    targetPort: http
---
apiVersion: route.openshift.io/v1
kind: Route
metadata:
  name: app-$1
  namespace: $2
spec:
  host: app-$1.apps.example.com
  to:
    kind: Service
    name: app-$1
  port:
    targetPort: http
  tls:
    termination: edge
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data-$1
  namespace: $2
spec:
  accessModes:
  - ReadWriteOnce
  storageClassName: standard-rwo
  resources:
    requests:
      storage: 20Gi
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings-$1
  namespace: $2
data:
  application.properties: |
    server.url=http://app-$1:80/health
    cache.size=100
YAML
}

# N applications: their Deployments, and then what each has besides.
applications() {
  local i
  deployments "$1"
  for ((i = 0; i < $1; i++)); do
    companions "$i" applications
  done
}

# N applications as people write them, with probes, variables and volumes, in 40 namespaces: about 430 bytes an object of a list.
detailed_applications() {
  local i
  for ((i = 0; i < $1; i++)); do
    emit <<YAML
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-$i
  namespace: team-$((i % 40))
  labels:
    app: app-$i
    app.kubernetes.io/part-of: shop
spec:
  replicas: 2
  selector:
    matchLabels:
      app: app-$i
  template:
    metadata:
      labels:
        app: app-$i
        app.kubernetes.io/part-of: shop
    spec:
      serviceAccountName: app-$i
      containers:
      - name: app
        image: registry.example.com/shop/app:$i
        env:
        - name: DATABASE_URL
          value: postgres://app@db-$i:5432/app
        - name: PASSWORD
          valueFrom:
            secretKeyRef:
              name: app-$i
              key: password
        envFrom:
        - configMapRef:
            name: settings-$i
        ports:
        - name: http
          containerPort: 8080
        readinessProbe:
          httpGet:
            path: /healthz
            port: http
        resources:
          requests:
            cpu: 50m
            memory: 64Mi
          limits:
            memory: 128Mi
        volumeMounts:
        - name: data
          mountPath: /data
      volumes:
      - name: data
        persistentVolumeClaim:
          claimName: data-$i
YAML
    companions "$i" "team-$((i % 40))"
  done
}

# A ResourceList of the documents of a file, with a functionConfig from another file.
resource_list() { # DOCUMENTS CONFIG
  printf 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n'
  sed 's/^/  /' "$2"
  printf 'items:\n'
  awk '/^---$/ { first = 1; next } { print (first ? "- " : "  ") $0; first = 0 }' "$1"
}

# All functions in a row, with the configs that examples/transformers has.
pipeline() {
  local transformers config
  transformers=$(dirname "$TARGET")/examples/transformers
  printf 'apiVersion: replatform.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: replatform}\nspec:\n  functions:\n'
  sed -n 's/^- //p' "$transformers/kustomization.yaml" | while read -r config; do
    sed -n 's/^kind: /  - kind: /p; /^spec:/,$ s/^/    /p' "$transformers/$config"
  done
}
