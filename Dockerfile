# Three stages: the wheel; a root folder with the interpreter and what it links to; and an image that
# is that folder alone, without a shell, a package manager or pip. Everything that pip installs is
# pinned by hash. A release pins the base, too: --build-arg PYTHON_IMAGE=python@sha256:...
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS wheel
WORKDIR /src
COPY requirements-dev.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-dev.lock
COPY pyproject.toml README.md LICENSE ./
COPY clusterimport ./clusterimport
COPY examples/policies ./examples/policies
COPY manifests ./manifests
RUN python -m build --wheel --no-isolation --outdir /dist

FROM ${PYTHON_IMAGE} AS rootfs
WORKDIR /
COPY requirements.lock ./
COPY --from=wheel /dist/ /dist/
RUN python -m venv --without-pip /opt/clusterimport \
 && pip --python /opt/clusterimport/bin/python install --no-cache-dir --require-hashes -r requirements.lock \
 && pip --python /opt/clusterimport/bin/python install --no-cache-dir --no-deps /dist/*.whl \
 && find /opt/clusterimport/bin -mindepth 1 ! -name '*clusterimport' ! -name controller-manager ! -name 'python*' -delete \
 && find /opt/clusterimport -type d -name tests -prune -exec rm -rf {} +
# The root file system is read-only at run time, so bytecode is written now.
RUN cd /usr/local/lib/python3.* \
 && rm -rf site-packages ensurepip idlelib lib2to3 tkinter turtledemo test venv pydoc_data config-* lib-dynload/_tkinter* \
 && python -m compileall -q --invalidation-mode unchecked-hash . /opt/clusterimport/lib
# Shared libraries: those that ldd names for the interpreter and every extension module. One that is
# not there ends the build: a module that cannot be loaded may be missed only when it is needed.
RUN mkdir -p /rootfs/etc /rootfs/usr/local/bin && install -d -m 1777 /rootfs/tmp \
 && cp -a --parents opt/clusterimport usr/local/lib/python3.* usr/local/bin/python usr/local/bin/python3 usr/local/bin/python3.[0-9][0-9] /rootfs \
 && find /opt/clusterimport /usr/local/lib/python3.* "$(readlink -f /usr/local/bin/python)" -type f \
      \( -name '*.so' -o -name '*.so.*' -o -name 'python3.*' \) -exec ldd {} \; > /tmp/linked 2>/dev/null \
 && if awk '/not found/' /tmp/linked | sort -u | awk '{ print; n++ } END { exit !n }' >&2; then exit 1; fi \
 && awk '$3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }' /tmp/linked | sort -u \
    | xargs cp --parents --dereference -t /rootfs \
 && cp --parents etc/ld.so.cache etc/ssl/certs/ca-certificates.crt /rootfs \
 && echo 'nonroot:x:65532:65532::/tmp:/nonexistent' > /rootfs/etc/passwd \
 && ln -s /opt/clusterimport/bin/clusterimport /rootfs/usr/local/bin/clusterimport \
 && ln -s /opt/clusterimport/bin/controller-manager /rootfs/usr/local/bin/controller-manager

FROM scratch
ARG PYTHON_IMAGE
ARG VERSION
ARG REVISION
ARG CREATED
LABEL org.opencontainers.image.title="clusterimport" \
      org.opencontainers.image.description="Imports every cluster of a multi-cloud platform into Clusterpedia, and keeps it true." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=rootfs /rootfs /
# Python looks for authorities where the base has them, and the base is gone.
ENV PATH=/usr/local/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PYTHONUNBUFFERED=1 PYTHONUTF8=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8080
# Clusterpedia's name for it; the same as `clusterimport run`.
ENTRYPOINT ["/usr/local/bin/controller-manager"]
