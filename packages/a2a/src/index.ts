export * from './agent.ts'
export * from './model.ts'
export * from './task-service.ts'
