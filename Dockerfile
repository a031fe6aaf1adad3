# The embedded profile: one machine without a GPU. Built without a network from what scripts/wheelhouse fetched:
#   scripts/wheelhouse cpu && docker build --network none -t assay:cpu .
# Weights of the embedded profile are pip packages and so are in the image.
ARG PYTHON=docker.io/library/python:3.11-slim-bookworm
ARG NODE=docker.io/library/node:22-bookworm-slim

FROM ${NODE} AS web
WORKDIR /src/api/web/app
COPY api/web/app/package.json api/web/app/package-lock.json ./
COPY wheelhouse/npm /npm
RUN npm ci --offline --omit=dev --cache /npm --no-audit --no-fund
COPY api/web/app ./
RUN npm run build

FROM ${PYTHON} AS packages
COPY wheelhouse/cpu /wheels
# Wheels only, and exactly the pinned ones: nothing is resolved and nothing is compiled.
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-index --find-links /wheels --only-binary :all: --no-deps --no-cache-dir \
      -r /wheels/requirements.txt
COPY pyproject.toml README.md LICENSE /opt/assay/
COPY configs /opt/assay/configs
COPY models /opt/assay/models
COPY pipeline /opt/assay/pipeline
COPY serve /opt/assay/serve
COPY api /opt/assay/api
COPY scripts /opt/assay/scripts
COPY docs/measurements/costs.json /opt/assay/docs/measurements/costs.json
COPY --from=web /src/api/web/dist /opt/assay/api/web/dist
RUN rm -rf /opt/assay/api/web/app \
 && /opt/venv/bin/pip install --no-index --no-deps --no-build-isolation --no-cache-dir -e /opt/assay \
 && /opt/venv/bin/pip uninstall -q -y pip

FROM ${PYTHON}
LABEL org.opencontainers.image.title="Assay" org.opencontainers.image.licenses="Apache-2.0 AND AGPL-3.0-only"
# uid and gid are numbers so that Kubernetes can check runAsNonRoot.
RUN groupadd --gid 10001 assay && useradd --uid 10001 --gid 10001 --create-home --shell /usr/sbin/nologin assay \
 && install -d -o 10001 -g 10001 /data /cache
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /opt/assay /opt/assay
COPY deploy/ray_bootstrap_config.yaml /home/assay/ray_bootstrap_config.yaml
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ASSAY_API__HOST=0.0.0.0 ASSAY_API__LOG_TO_STDERR=true \
    ASSAY_DATA_DIR=/cache ASSAY_STATE_DIR=/data
# The build fails here if an import is missing or a compiler is left.
RUN python -c "import configs, av, cv2, ctranslate2, openvino, ray, torch, api.app" \
 && ! command -v cc && ! command -v gcc && ! command -v nvcc
USER 10001:10001
WORKDIR /data
VOLUME ["/data", "/cache"]
# HTTP alone. Ray's ports stay on loopback inside the container.
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=6s --start-period=180s --retries=4 \
  CMD ["python", "-m", "scripts.healthcheck"]
ENTRYPOINT ["assay"]
CMD ["up", "--profile", "embedded"]
