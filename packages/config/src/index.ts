export { decimal, flag, httpUrl, list, port, wholeNumber } from './fields.ts'
export { ConfigError, readConfig, type Environment } from './read-config.ts'
