# The app without a database; compose.yaml gives it one.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv ca-certificates
WORKDIR /srv/phananh
COPY . .
# The same steps as script/server's.
RUN bash -c 'source script/lib.sh && python_packages requirements.lock && web_app' \
 && rm -rf web/node_modules var

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 ca-certificates \
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/* && useradd --system --create-home phananh \
 && install -d -o phananh -g phananh -m 700 /home/phananh/var
COPY --from=build /srv/phananh /srv/phananh
WORKDIR /srv/phananh
USER phananh
ENV PHANANH_HOST=0.0.0.0 PHANANH_PORT=8000 PHANANH_VAR=/home/phananh/var
EXPOSE 8000
CMD [".venv/bin/phananh", "serve"]
