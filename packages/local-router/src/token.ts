export type TokenKind = 'word' | 'name' | 'number' | 'file' | 'url' | 'quote' | 'code' | 'pasted' | 'mark' | 'line' | 'foreign'

export interface Token {
  kind: TokenKind
  /** A word in small letters, a mark as it is, a file's ending; empty for what is not read itself. */
  text: string
  /** Begins a sentence or a line. */
  opens: boolean
  /** How many characters it stands for. */
  length: number
}
