/** How a client lays a person's question into a prompt of its own. */
interface Template {
  client: string
  /** How such prompts begin. */
  begins: RegExp
  /** What the person asked; undefined where it does not stand where it should. */
  read(prompt: string): string | undefined
}

/**
 * Passages stand between what the client says and what the person does, and are anybody's. So what ends the passages
 * is looked for from the end where the question follows them, and from the beginning where it precedes them: no
 * passage can then put itself in the question's place.
 */
const TEMPLATES: readonly Template[] = [
  {
    client: 'Open WebUI',
    begins: /^#{1,3} task:?\s*respond to the user query using the provided context/i,
    read: (prompt) => afterPassages(prompt, '</context>'),
  },
  {
    client: 'Open WebUI before 0.5, Dify',
    begins: /^use the following context as your learned knowledge, inside <context>/i,
    read: (prompt) => readBetween(afterPassages(prompt, '</context>') ?? '', /^query:/im) ?? readBetween(prompt, /^query:/im),
  },
  {
    client: 'Cherry Studio',
    begins: /^please answer the question based on the reference materials/i,
    read: (prompt) => readBetween(prompt, /^## my question is:/im, /^## reference materials:/im),
  },
  {
    client: 'Cherry Studio, in Chinese',
    begins: /^请根据(?:参考资料|引用的材料)回答问题/,
    read: (prompt) => readBetween(prompt, /^## (?:我的问题是|我的问题)[:：]/m, /^## (?:参考资料|引用材料)[:：]/m),
  },
  {
    client: 'LM Studio',
    begins: /^this is an? enriched context generation scenario/i,
    read: (prompt) => afterLast(prompt, /user query:/gi),
  },
  {
    client: 'LlamaIndex',
    begins: /^context information is below\b/i,
    read: (prompt) => afterLast(prompt, /^query:/gim)?.replace(/\nanswer:\s*$/i, ''),
  },
  {
    client: 'LangChain',
    begins: /^(?:you are an assistant for question-answering tasks\. )?use the following pieces of (?:retrieved )?context to answer\b/i,
    read: (prompt) => questionOfLangChain(prompt),
  },
  {
    client: 'Codex',
    begins: /^# (?:context from my ide setup|files mentioned by the user|selected text|response annotations|applications mentioned by the user)\b/i,
    read: (prompt) => readBetween(prompt, /^## my request for codex:/im),
  },
  {
    client: 'Cline, Roo Code',
    begins: /^<(?:task|feedback|answer|user_message)>/i,
    read: (prompt) => /^<(\w+)>([\s\S]*?)<\/\1>/i.exec(prompt)?.[2],
  },
]

/** What IDEs call the person's own words. The last counts: all that they lay beside them comes before. */
const OWN_WORDS = /<\/(user_query|userrequest|user_request|user_message)>$/i

/** Blocks that clients put into a person's message, by names that no person would use. */
const BLOCKS =
  /<(system-reminder|system_reminder|environment_details|environment_context|environment_info|user_instructions|instructions_context|workspace_info|workspace_diagnostics|session_context|additional_data|additional_metadata|attached_files|open_and_recently_viewed_files|project_layout|user_info|git_status|manually_attached_selection|editorcontext|reminderinstructions|repocontext|ide_opened_file|ide_selection|ide_diagnostics|command-name|command-message|command-args|local-command-stdout|local-command-caveat|file_content|folder_content|url_content|current_page_context|files_info|turn_aborted)(?:\s[^<>]{0,500})?>/gi
const SYSTEM_CONTEXT = /<!-- SYSTEM CONTEXT \(NOT PART OF USER QUERY\) -->[\s\S]*?(?:<!-- END SYSTEM CONTEXT -->|$)/g
/** Lines that harnesses add, and switches that models read. */
const SENTINELS =
  /^(?:\[(?:plan mode|act mode|request interrupted by user(?: for tool use)?|task resumption)[^\]\n]{0,80}\]|\/(?:no_)?think\b)|\/(?:no_)?think$/gi
const AGENTS_FILE = /^# AGENTS\.md instructions\b[\s\S]*?(?:<\/INSTRUCTIONS>|$)/i

const OPENING_CHARACTERS = 300
/** Of longer messages their middle is not looked through: what a person says stands at their ends. */
const LONGEST = 100_000

/**
 * What the person said, without what the client wrapped around it; empty where the message is all the client's own. A
 * message that no client wrapped comes back as it is.
 */
export function unwrapPrompt(prompt: string): string {
  // Most messages are wrapped in nothing, and say so by what they do not contain.
  const mayHaveBlocks = prompt.includes('<')
  const opening = prompt.slice(0, OPENING_CHARACTERS).trimStart()
  const template = TEMPLATES.find(({ begins }) => begins.test(opening))
  if (!template && !mayHaveBlocks && !/^[[/#]|\/(?:no_)?think\s*$/.test(opening)) return prompt
  const ends = cutMiddle(prompt.trimStart(), LONGEST)
  const inner = stripBlocks((template?.read(ends) ?? ends).replace(AGENTS_FILE, '')).trim()
  return (lastOwnWords(inner) ?? inner).trim().replace(SENTINELS, '').trim()
}

/** Both ends of a text that is too long. */
export function cutMiddle(text: string, length: number): string {
  const half = length / 2
  return text.length <= length ? text : `${text.slice(0, half)}\n[…]\n${text.slice(-half)}`
}

/** Only of messages that begin and end with what a client wrote: a text that a person pastes may hold such tags too. */
function lastOwnWords(text: string): string | undefined {
  const name = text.startsWith('<') ? OWN_WORDS.exec(text)?.[1]?.toLowerCase() : undefined
  if (name === undefined) return undefined
  const open = `<${name}>`
  const at = text.toLowerCase().lastIndexOf(open)
  return at === -1 ? undefined : text.slice(at + open.length, -(open.length + 1))
}

function stripBlocks(text: string): string {
  if (!text.includes('<')) return text
  const plain = text.replace(SYSTEM_CONTEXT, '')
  const kept: string[] = []
  let from = 0
  BLOCKS.lastIndex = 0
  const unclosed = new Set<string>()
  for (let open = BLOCKS.exec(plain); open; open = BLOCKS.exec(plain)) {
    const name = open[1] as string
    const close = unclosed.has(name) ? -1 : closing(plain, name, BLOCKS.lastIndex)
    // What is never closed is no block, but text that speaks of one.
    if (close === -1) {
      unclosed.add(name)
      continue
    }
    kept.push(plain.slice(from, open.index))
    from = close
    BLOCKS.lastIndex = close
  }
  return from === 0 ? plain : kept.join('') + plain.slice(from)
}

/** Where the block of that name ends; -1 where it does not. */
function closing(text: string, name: string, from: number): number {
  const tag = `</${name}>`
  const at = text.indexOf(tag, from)
  return at === -1 ? -1 : at + tag.length
}

function afterPassages(prompt: string, end: string): string | undefined {
  const at = prompt.lastIndexOf(end)
  const rest = at === -1 ? '' : prompt.slice(at + end.length).trim()
  return rest === '' ? undefined : rest
}

/** From behind the first `begin` to the first `end` after it. */
function readBetween(prompt: string, begin: RegExp, end?: RegExp): string | undefined {
  const found = begin.exec(prompt)
  if (!found) return undefined
  const rest = prompt.slice(found.index + found[0].length)
  const over = end?.exec(rest)
  return (over ? rest.slice(0, over.index) : rest).trim() || undefined
}

function afterLast(prompt: string, marker: RegExp): string | undefined {
  const last = [...prompt.matchAll(marker)].at(-1)
  return last && (prompt.slice(last.index + last[0].length).trim() || undefined)
}

/** The question stands last in one template, and between instruction and passages in the other. */
function questionOfLangChain(prompt: string): string | undefined {
  const rest = afterLast(prompt, /^question:/gim)
  return rest?.replace(/\ncontext:[\s\S]*$/i, '').replace(/\n(?:helpful )?answer:\s*$/i, '')
}
