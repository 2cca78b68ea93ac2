# The image of one function: its static binary and nothing else. `make images`, and the script
# functions/replatform/release/images, lay out the build context and name the function.
FROM scratch

ARG FUNCTION
ARG DESCRIPTION
ARG VERSION
ARG REVISION
ARG SOURCE
LABEL org.opencontainers.image.title=$FUNCTION \
      org.opencontainers.image.description=$DESCRIPTION \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.source=$SOURCE \
      org.opencontainers.image.url=$SOURCE \
      org.opencontainers.image.documentation=$SOURCE/tree/v$VERSION/functions/$FUNCTION \
      org.opencontainers.image.licenses=Apache-2.0

# Hosts run functions with `--user nobody`, a name that Docker looks up here.
COPY passwd /etc/passwd
# A directory of the context for each platform; a build for one platform names it.
ARG TARGETPLATFORM
COPY $TARGETPLATFORM/function /usr/local/bin/function

USER nobody
ENTRYPOINT ["/usr/local/bin/function"]
