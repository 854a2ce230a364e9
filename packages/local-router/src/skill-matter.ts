import type { Skill } from './skill-lexicon.ts'

/** What is no capability of its own beside others: it says how another is to be done, or what comes of it. */
export const ABSORBED: readonly (readonly [Skill, readonly Skill[] | 'any'])[] = [
  ['in-language', ['translate']],
  ['noisy', ['clean-audio', 'restyle']],
  ['extract', ['read-image', 'transcribe', 'entities', 'tabulate', 'sound-of-video', 'look-up', 'download', 'answer', 'summarize']],
  ['read-out', ['read-image', 'transcribe', 'download', 'extract', 'classify', 'speak']],
  ['more-text', ['read-image', 'detect', 'classify', 'caption', 'transcribe', 'write', 'translate', 'reword', 'converse', 'draw', 'film', 'speak']],
  ['result-image', 'any'],
  ['draw', ['result-image']],
  ['film', ['animate']],
  ['explain', ['film', 'draw', 'slides', 'answer', 'ask']],
  ['forecast', ['depth', 'classify', 'weather']],
  ['compute', ['answer', 'ask']],
  ['write', ['slides', 'mail', 'converse', 'transcribe', 'reword', 'note']],
  ['calendar', ['remind', 'alarm', 'doctor', 'meeting']],
  ['research', ['find-media', 'look-up', 'news', 'price', 'weather', 'doctor', 'lawyer', 'restaurant', 'hotel', 'job']],
  ['similar', ['find-media']],
  ['call', ['meeting']],
  ['mail', ['parcel', 'message']],
  ['job', ['apply']],
  ['classify', ['sentiment']],
  ['look-up', ['verify']],
  ['write', ['quiz']],
  ['answer', ['quiz']],
  ['verify', ['similar', 'proofread']],
  ['music', ['split-audio', 'compose-music', 'watch']],
  ['rank', ['frames']],
  ['cut-video', ['join-media']],
  ['draw', ['waveform', 'frames']],
  ['save', ['sound-of-video']],
  ['stock', ['sell']],
  ['record', ['speak']],
  ['home', ['navigate']],
  ['topic', ['look-up', 'recommend', 'ask']],
  ['restaurant', ['food']],
  ['expert', ['doctor', 'lawyer']],
  ['reword', ['proofread', 'translate']],
  ['ask', 'any'],
  ['depict', 'any'],
  ['keep', 'any'],
  ['buy', ['food', 'taxi', 'stock', 'insurance', 'ticket', 'flight']],
  ['parcel', ['food']],
  ['taxi', ['food']],
  ['caption', ['share']],
  ['save', ['draw', 'speak', 'film', 'read-image', 'transcribe', 'edit-image']],
  ['explain', ['write', 'recommend']],
  ['topic', ['answer', 'summarize']],
]

/** What goes into a capability and what comes out. */
export interface Matter {
  takes: ReadonlySet<string>
  gives: string
}

/** By what they take and give. What is not named here may work on anything. */
const MATTERS: readonly (readonly [takes: string, gives: string, skills: readonly Skill[]])[] = [
  ['audio video', 'text', ['transcribe']],
  ['image', 'text', ['read-image']],
  ['image video', 'text', ['caption']],
  ['image video', 'facts', ['detect']],
  ['image', 'image', ['segment', 'depth', 'restyle', 'edit-image']],
  ['image audio text table video', 'facts', ['classify']],
  ['audio', 'audio', ['clean-audio', 'split-audio', 'change-voice']],
  ['audio video image', 'video', ['join-media']],
  ['video', 'video', ['cut-video']],
  ['text', 'image', ['draw']],
  ['text', 'video', ['film']],
  ['image', 'video', ['animate']],
  ['text', 'audio', ['speak']],
  ['text image table', 'text', ['answer', 'ask']],
  ['text image', 'facts', ['similar']],
  ['text image', 'table', ['tabulate']],
  ['table', 'image', ['chart']],
  [
    'text audio image video table',
    'nothing',
    [
      'mail',
      'message',
      'share',
      'save',
      'print',
      'parcel',
      'sell',
      'keep',
      'find-media',
      'frames',
      'sound-of-video',
      'waveform',
      'record',
      'look-up',
      'ticket',
    ],
  ],
  ['table text facts', 'facts', ['rank', 'compute', 'forecast', 'recommend', 'clean-table', 'outliers', 'explain']],
  ['text', 'text', ['translate', 'summarize', 'converse', 'entities', 'sentiment', 'topic', 'write', 'reword', 'proofread', 'slides', 'quiz']],
]

export const MATTER: ReadonlyMap<Skill, Matter> = new Map(
  MATTERS.flatMap(([takes, gives, skills]) => skills.map((skill): [Skill, Matter] => [skill, { takes: new Set(takes.split(' ')), gives }])),
)
