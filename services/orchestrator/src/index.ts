export { openOrchestrator, type OrchestratorOptions } from './app.ts'
export { orchestratorConfigSchema, type OrchestratorConfig } from './config.ts'
