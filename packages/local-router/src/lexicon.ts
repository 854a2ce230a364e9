/**
 * Words of English by what a request asks for with them. The classes are capabilities, not subjects: a request that
 * takes words of several classes, one after the other, is likely to take several capabilities. Which class it is says
 * little; how many there are says much, and holds in every domain.
 */
export const ACTION_CLASSES = {
  search:
    'search find locate discover research browse google query gather collect seek hunt explore retrieve investigate trace spot track look dig source lookup survey',
  fetch: 'fetch get download pull scrape crawl load import open access read obtain grab go',
  perceive: 'transcribe recognize recognise detect extract identify ocr scan caption label segment tag listen watch parse capture isolate recover',
  classify: 'classify categorize categorise group sort rank cluster score rate grade filter prioritize prioritise mark flag annotate highlight',
  translate: 'translate localize localise',
  summarize: 'summarize summarise condense shorten recap outline digest abridge',
  write: 'write draft compose rewrite paraphrase rephrase reword proofread edit correct reformulate polish fix tailor simplify expand complete continue finish',
  generate:
    'generate create make produce build design draw paint render sketch develop synthesize synthesise invent illustrate prepare animate construct form craft visualize visualise implement',
  transform:
    'convert transform turn change modify resize crop rotate remove blur enhance colorize upscale merge combine split trim replace add adjust apply stabilize sharpen denoise overlay stitch cut mix clean reduce delete swap insert redact anonymize reformat format restyle style improve speed slow separate cherry-pick refactor',
  compute:
    'calculate compute estimate count measure sum total average forecast predict project simulate solve quantify tally subtract multiply divide deduct factor tabulate plot chart graph derive evaluate prove integrate differentiate optimize optimise',
  analyze: 'analyze analyse assess examine inspect review study interpret diagnose audit determine explore debug profile figure work',
  verify: 'check verify validate confirm test cross-check compare contrast match reconcile fact-check double-check ensure monitor measure reproduce benchmark',
  explain:
    'explain describe tell discuss elaborate clarify define teach answer give provide say state report present note list name show display quote cite mention',
  advise: 'suggest recommend advise propose choose pick select decide brainstorm',
  send: 'send email mail message text notify inform share post publish upload forward tweet submit reply respond alert ping announce nudge deliver broadcast comment',
  buy: 'buy purchase order book reserve pay rent sell trade hire subscribe renew deposit transfer invest donate refund borrow lend return redeem top-up',
  arrange:
    'schedule plan arrange organize organise set remind invite attend join enrol enroll register apply sign cancel reschedule arrange host participate file fill',
  control:
    'play stop pause start switch activate lock unlock dim install drive run execute launch deploy commit restart configure update print record save store enter close push patch reboot archive backup back attach log track wake navigate sync',
  contact: 'call phone dial contact consult talk speak ask chat discuss meet visit see video-call',
} as const

export type ActionClass = keyof typeof ACTION_CLASSES

/** Names of such actions: "a translation and a summary of it" asks for as much as "translate and summarise it". */
export const ACTION_NOUNS: Record<string, ActionClass> = Object.fromEntries(
  (
    [
      ['search', 'search retrieval lookup'],
      ['perceive', 'transcription transcript detection recognition extraction identification segmentation caption captions subtitles subtitle ocr'],
      ['classify', 'classification categorization ranking clustering sentiment labels rating tagging'],
      ['translate', 'translation translations'],
      ['summarize', 'summary summaries summarization digest recap tldr overview'],
      ['write', 'draft essay reply letter paragraph poem post story article'],
      ['generate', 'image generation illustration drawing slides presentation logo banner'],
      ['transform', 'conversion enhancement transformation'],
      ['compute', 'calculation estimate forecast average total chart plot graph regression prediction percentage'],
      ['analyze', 'analysis assessment review diagnosis interpretation'],
      ['verify', 'comparison verification validation check similarity'],
      ['explain', 'explanation description answer'],
      ['advise', 'recommendation recommendations suggestion suggestions advice'],
      ['send', 'email message notification reminder sms'],
      ['buy', 'booking reservation purchase payment order ticket tickets'],
      ['arrange', 'appointment meeting registration application enrolment schedule'],
      ['contact', 'call consultation'],
    ] as const
  ).flatMap(([kind, words]) => words.split(' ').map((word) => [word, kind])),
)

/** What is worked on, by its nature: a request that goes from one nature to another takes several steps. */
export const THING_CLASSES = {
  image: 'image picture photo photograph drawing painting screenshot illustration logo banner poster sketch portrait selfie',
  audio: 'audio sound voice recording podcast voiceover memo',
  speech: 'speech spoken aloud narration pronunciation',
  music: 'song music track playlist melody album tune',
  video: 'video clip movie film footage animation episode',
  text: 'text sentence paragraph wording phrase passage transcript',
  document:
    'document pdf report paper article book handbook manual contract letter invoice statement receipt resume cv thesis policy minutes brochure guideline',
  table: 'table spreadsheet csv dataset data database column row ledger figures statistics numbers',
  chart: 'chart plot graph diagram histogram dashboard map heatmap slides presentation',
  question: 'question query',
  email: 'email mail inbox e-mail newsletter',
  message: 'message sms text notification dm channel slack tweet post',
  calendar: 'calendar appointment reminder meeting schedule alarm event deadline agenda',
  travel: 'flight hotel taxi train trip car airport venue route bus itinerary',
  shop: 'price product shop store ticket pizza food groceries restaurant item gift delivery',
  money: 'payment bill bank stock tax budget rent card insurance invoice loan mortgage cost revenue',
  web: 'web online internet website news url link page google headline site reddit wikipedia',
  weather: 'weather forecast temperature rain',
  code: 'code function script program repo repository api bug class endpoint server query algorithm pipeline branch commit tests',
  person: 'lawyer doctor friend mother boss colleague team customer client',
  home: 'light lights door heating robot room floor tv thermostat',
  language: 'english german french spanish italian japanese chinese korean portuguese dutch polish russian arabic hindi language',
  study: 'course class quiz lesson exam syllabus university school',
  law: 'law regulation legal visa passport copyright rights',
  software: 'app software program application version update',
  health: 'health symptoms medicine drug hospital allergy clinic',
} as const

export type ThingClass = keyof typeof THING_CLASSES

/**
 * Words that hold sentences together, in every domain. Only these are read as themselves; every other word is read by
 * its class or its shape, so that no subject, name or number can be learned.
 */
export const FUNCTION_WORDS = new Set(
  (
    'a an the this that these those it its they them their he she his her him i me my mine we us our you your who whom whose which what when where why how ' +
    'and or but nor so yet if then else because since while whereas although though unless until before after once as than both either neither not no ' +
    'to of in on at by for from with without within into onto over under about between among against through during per via using based upon like ' +
    'is are was were be been being am do does did done doing have has had having can could may might must shall should will would ' +
    "i'd i'm i've i'll let let's please also too again next finally lastly first firstly second secondly third afterwards afterward additionally furthermore moreover besides plus meanwhile later subsequently " +
    'another other each every all any some more most many much several few only just same such own there here now well up down out off ' +
    'one two three four five six seven eight nine ten twice half times ' +
    'want need would like wish help know understand able trying interested able possible give tell show make ' +
    'following given provided attached above below result results output outcome original resulting step steps respectively different together along process'
  ).split(' '),
)
