# syntax=docker/dockerfile:1
# One image for every service: `docker build --build-arg SERVICE=gateway --build-arg PORT=8000 .`
# Node runs the TypeScript as it is, so nothing is built but the console, which runs in a browser.

# The manifests alone, so that the dependencies are installed anew only when one of them changes.
FROM node:24-slim AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete

FROM node:24-slim AS dependencies
ARG SERVICE
WORKDIR /app
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev -w "services/$SERVICE"

FROM node:24-slim AS console
WORKDIR /app
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/root/.npm npm ci -w apps/console
COPY tsconfig.json tsconfig.json
COPY packages packages
COPY apps/console apps/console
RUN npm run build -w apps/console

FROM node:24-slim
ARG SERVICE
ARG PORT
ENV NODE_ENV=production HOST=0.0.0.0 PORT=$PORT DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /app ./
COPY packages packages
COPY services/$SERVICE services/$SERVICE
# The gateway serves it; to every other service it is a megabyte that does no harm.
COPY --from=console /app/apps/console/dist console
RUN test -n "$PORT" && mkdir /data && chown node:node /data && ln -s "services/$SERVICE/src/main.ts" main.ts
USER node
EXPOSE $PORT
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "main.ts"]
