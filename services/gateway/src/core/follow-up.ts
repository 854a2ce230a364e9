/** What words ask for that say nothing by themselves. */
export type FollowUp =
  /** `continue`, `try again`: what came before, once more or further. */
  | 'go_on'
  /** `yes`, `the first one`: what was offered or asked. */
  | 'assent'
  /** `thanks`, `no`: nothing. */
  | 'courtesy'
  /** `ok`: assent where something was asked, else nothing. */
  | 'either'

const WORDS: readonly (readonly [kind: FollowUp, words: string])[] = [
  [
    'go_on',
    `continue|please continue|continue please|go on|keep going|carry on|proceed|please proceed|resume|keep on|next|more|and then|what else|finish|finish it|
    keep writing|write more|tell me more|go further|try again|please try again|try once more|try that again|retry|again|once more|one more time|redo|redo it|redo that|
    do it again|do that again|regenerate|rerun|run it again|repeat|repeat that|start over|start again|you stopped|you were cut off|continue where you left off|
    continue from where you left off|continue generating|
    weiter|mach weiter|bitte weiter|fahre fort|nochmal|noch einmal|versuch es nochmal|
    continuez|continue s'il te plaît|vas-y|encore|réessaie|réessayez|
    continúa|continua|sigue|otra vez|inténtalo de nuevo|continue por favor|de novo|tente novamente|
    ancora|vai avanti|riprova|ga door|verder|opnieuw|продолжай|продолжи|дальше|ещё раз|еще раз|继续|请继续|再来一次|再试一次|繼續|続けて|続き|もう一度|계속|계속해|다시`,
  ],
  [
    'assent',
    `yes|yes please|yes do|yes do it|yes do that|yes go ahead|yep|yeah|yup|y|sure|sure thing|of course|absolutely|definitely|certainly|indeed|go ahead|please do|
    please go ahead|do it|do that|do so|let's do it|lets do it|let's do that|let's go|i agree|agreed|correct|right|exactly|that's right|that's correct|sounds good|
    that works|both|both please|all|all of them|all of it|the first|the first one|the second|the second one|the third|the third one|the last one|the former|the latter|
    either|either one|first|second|third|option 1|option 2|option 3|option a|option b|option c|1|2|3|a|b|c|approve|approved|confirm|confirmed|
    ja|ja bitte|gerne|mach das|genau|oui|oui s'il te plaît|d'accord|bien sûr|sí|si|sí por favor|claro|sim|por favor|certo|да|конечно|давай|是|是的|好|好的|可以|对|はい|お願いします|네|예`,
  ],
  [
    'courtesy',
    `thanks|thank you|thank you so much|thank you very much|thanks a lot|thanks so much|many thanks|much appreciated|thx|ty|cheers|thanks again|
    no|nope|no thanks|no thank you|nah|never mind|nevermind|not now|stop|that's all|that is all|that's it|nothing else|bye|goodbye|good bye|see you|
    good job|well done|nice work|lol|haha|wow|interesting|i see|
    danke|vielen dank|danke schön|nein|nein danke|tschüss|merci|merci beaucoup|non|non merci|au revoir|gracias|muchas gracias|no gracias|obrigado|obrigada|grazie|
    bedankt|dank je|спасибо|нет|谢谢|謝謝|不用了|不|ありがとう|いいえ|감사합니다|고마워|아니요`,
  ],
  [
    'either',
    `ok|okay|k|kk|okey|alright|all right|fine|great|perfect|awesome|nice|cool|good|excellent|amazing|lovely|wonderful|fantastic|brilliant|super|got it|understood|
    makes sense|fair enough|noted|very good|very nice|looks good|lgtm|o.k.|gut|prima|super danke|parfait|perfecto|vale|ottimo|хорошо|отлично|ок|明白了|了解|わかりました`,
  ],
]

const KINDS: ReadonlyMap<string, FollowUp> = new Map(
  WORDS.flatMap(([kind, words]) =>
    words
      .split('|')
      .map((word) => word.trim())
      .filter((word) => word !== '')
      .map((word) => [word, kind] as const),
  ),
)

/** How such words begin: most questions are told apart by their first. */
const FIRST_WORDS: ReadonlySet<string> = new Set([...KINDS.keys(), 'please', 'pls', 'then', 'now', 'and', 'so', 'well', 'oh'].map(firstWord))

const LONGEST = 80
/** What is said beside it, and changes nothing. */
const FILLERS: ReadonlySet<string> = new Set(['please', 'pls', 'then', 'now', 'and', 'so', 'well', 'oh', 'bitte', 'por favor', "s'il te plaît"])
const ORDER: readonly FollowUp[] = ['go_on', 'assent', 'either', 'courtesy']

/** What a person's words ask for where they say nothing by themselves; undefined for all others. */
export function readFollowUp(words: string): FollowUp | undefined {
  if (words.length > LONGEST || !mayBeFollowUp(words)) return undefined
  const pieces = words
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(/(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f)+/gu, ' ')
    .split(/[.,;:!?…。，！？\n]+|\s[-–—]\s/)
    .map((piece) =>
      piece
        .trim()
        .replace(/\s+/g, ' ')
        .replace(/^["'“*]+|["'”*]+$/g, ''),
    )
    .filter((piece) => piece !== '' && !FILLERS.has(piece))
  // Thumbs up, and nothing else.
  if (pieces.length === 0) return /\p{Extended_Pictographic}/u.test(words) ? 'either' : undefined
  const kinds = new Set(
    pieces.map((piece) => KINDS.get(piece) ?? KINDS.get(piece.replace(/ (?:please|pls|then|now)$|^(?:please|pls|ok|okay|and|so|now|then) /g, ''))),
  )
  return kinds.has(undefined) ? undefined : ORDER.find((kind) => kinds.has(kind))
}

/** What begins with no letter may be an emoji, or words in quotes. */
function mayBeFollowUp(words: string): boolean {
  const first = firstWord(words.trimStart().toLowerCase().replaceAll('’', "'"))
  return first === '' || FIRST_WORDS.has(first)
}

function firstWord(words: string): string {
  return /^[\p{L}\p{N}'.-]*[\p{L}\p{N}]/u.exec(words)?.[0] ?? ''
}

/** How much of an answer's end can hold the question that it leaves open. */
const OFFER_CHARACTERS = 600

/** What an answer ends with asking or offering; undefined where it ends otherwise. */
export function readOffer(answer: string): string | undefined {
  const end = answer.trimEnd().slice(-OFFER_CHARACTERS)
  const at = Math.max(end.lastIndexOf('?'), end.lastIndexOf('？'))
  // A few words may follow it, such as thanks or a list of two.
  if (at === -1 || end.length - at > 200) return undefined
  const before = end.slice(0, at)
  const start = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('. '), before.lastIndexOf('! '), before.lastIndexOf('? '), before.lastIndexOf('。'))
  const offer = end.slice(start + 1, at + 1).trim()
  return offer.length < 4 ? undefined : offer
}
