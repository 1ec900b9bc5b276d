# One image for every service and the gateway: `cleanplate serve NAME`. No Node at run time.
FROM python:3.12-slim AS build
WORKDIR /source
COPY . .
ENV PIP_CONSTRAINT=/source/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/cleanplate && /opt/cleanplate/bin/pip install --no-cache-dir .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home cleanplate && install -d -o cleanplate /data
COPY --from=build /opt/cleanplate /opt/cleanplate
ENV PATH=/opt/cleanplate/bin:$PATH CLEANPLATE_DATA=/data
USER cleanplate
WORKDIR /data
VOLUME /data
EXPOSE 8000
CMD ["cleanplate", "up", "--host", "0.0.0.0"]
