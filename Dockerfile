# The image of one function: its static binary and nothing else. `make images`
# lays out the build context and names the function.
FROM scratch

ARG FUNCTION
ARG DESCRIPTION
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title=$FUNCTION \
      org.opencontainers.image.description=$DESCRIPTION \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.licenses=Apache-2.0

# Hosts run functions with `--user nobody`, a name that Docker looks up here.
COPY passwd /etc/passwd
COPY function /usr/local/bin/function

USER nobody
ENTRYPOINT ["/usr/local/bin/function"]
