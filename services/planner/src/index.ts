export { openPlanner } from './app.ts'
export { plannerConfigSchema, type PlannerConfig } from './config.ts'
