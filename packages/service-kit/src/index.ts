export { createHttpApp, requireServiceToken, type Health, type HttpApp, type HttpAppOptions, type ServiceEnv } from './http-app.ts'
export { runService, stopSignal } from './main.ts'
export { listen, type Listening, type ListenOptions, type Service } from './run-service.ts'
export { serviceFields } from './service-config.ts'
