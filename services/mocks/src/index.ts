export { mockAgentConfigSchema, mocksConfigSchema, scriptedLlmConfigSchema, type MockAgentConfig, type MocksConfig, type ScriptedLlmConfig } from './config.ts'
export { MOCK_AGENTS, type MockAgent } from './core/mock-content.ts'
export { openMockAgent } from './mock-agent-app.ts'
export { openScriptedLlm } from './scripted-llm-app.ts'
