/** What a person needs to know once everything runs. */
export interface BannerFacts {
  baseUrl: string
  apiKey: string
  /** True where the key was made here and may be shown; false for the operator's own. */
  showKey: boolean
  model: string
  scripted: boolean
  dataFolder: string
  logFile: string
  knowledge: { documents: number; passages: number }
  seconds: number
  consoleUrl: string
  /** Made now, and never shown again. */
  consolePassword: string | undefined
}

/** The screen after `npm start`: where it is, what answers, and two things to paste. */
export function renderBanner(facts: BannerFacts): string {
  const key = facts.showKey ? facts.apiKey : '$SIGNALBOX_API_KEY'
  const question = 'Compare what the Gettysburg Address and the Second Inaugural Address say about the war, with sources.'
  return `
Signalbox is ready (${facts.seconds.toFixed(1)} s).

  Base URL   ${facts.baseUrl}/v1
  API key    ${facts.showKey ? facts.apiKey : 'as set in SIGNALBOX_API_KEYS'}
  Console    ${facts.consoleUrl}${facts.consolePassword === undefined ? '' : `  (sign in as admin, password ${facts.consolePassword} — shown this once)`}
  Model      ${facts.scripted ? 'the built-in scripted model: it answers from your documents only. Set OPENAI_API_KEY or LLM_BASE_URL for a real one.' : facts.model}
  Knowledge  ${facts.knowledge.documents} documents, ${facts.knowledge.passages} passages. Add yours: npm run ingest -- PATH…
  Data       ${facts.dataFolder}
  Log        ${facts.logFile}

Ask it a hard question:

  curl -N ${facts.baseUrl}/v1/chat/completions \\
    -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\
    -d '{"model":"signalbox-auto","stream":true,"messages":[{"role":"user","content":"${question}"}]}'

Or change three lines of what you have:

  const client = new OpenAI({
    baseURL: '${facts.baseUrl}/v1',
    apiKey: '${key}',
  })  // and ask for model: 'signalbox-auto'

Ctrl-C stops it; twice stops it at once.
`
}
