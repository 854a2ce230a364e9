import { describe, expect, it } from 'vitest'

import { hasHidden, readsAsAnotherHost, toPieces, toPlainText } from './hostile.ts'

describe('a text that somebody else wrote', () => {
  it('shows characters that turn the direction of writing', () => {
    expect(toPlainText('invoice_\u202egnp.exe')).toBe('invoice_⟨RLO U+202E⟩gnp.exe')
    expect(toPlainText('\u2066safe\u2069')).toBe('⟨LRI U+2066⟩safe⟨PDI U+2069⟩')
  })

  it('shows characters that have no width, and blanks that are none', () => {
    expect(toPlainText('pay\u200bpal')).toBe('pay⟨ZWSP U+200B⟩pal')
    expect(toPlainText('rm\u00a0-rf\u3164')).toBe('rm⟨NBSP U+00A0⟩-rf⟨U+3164⟩')
    expect(toPlainText('\ufeff{}')).toBe('⟨BOM U+FEFF⟩{}')
  })

  it('shows terminal sequences and other controls; lines and tabs stay', () => {
    expect(toPlainText('\u001b[31mred\u0000\r\n\tok')).toBe('⟨ESC U+001B⟩[31mred⟨NUL U+0000⟩⟨CR U+000D⟩\n\tok')
  })

  it('shows text that is hidden in tags, and halves of characters', () => {
    expect(toPlainText('hi\u{e0068}\u{e0069}')).toBe('hi⟨U+E0068⟩⟨U+E0069⟩')
    expect(toPlainText('\ud83d')).toBe('⟨U+D83D⟩')
  })

  it('leaves words of any language and emoji as they are', () => {
    for (const text of ['Größe', '日本語', 'مرحبا', '👩‍👩‍👧 ❤️ 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}', 'e\u0301', '1️⃣'])
      expect(toPieces(text)).toEqual([{ text }])
  })

  it('shows a joiner that stands where no emoji is', () => {
    expect(toPlainText('admin\u200d')).toBe('admin⟨ZWJ U+200D⟩')
    expect(toPlainText('a\ufe0f')).toBe('a⟨U+FE0F⟩')
  })

  it('is the same text again when the pieces are put together', () => {
    const text = 'a\u202eb https://раураl.com/x\u200by ❤️ \u001b[0m https://ok.example'
    expect(
      toPieces(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text)
  })

  it('is cut into pieces fast, however long it is', () => {
    const began = performance.now()
    toPieces('https://раураl.com/ \u200b '.repeat(10_000))
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})

describe('a link', () => {
  it('whose host is written in other letters is shown where it goes', () => {
    expect(readsAsAnotherHost('https://раураl.com/login')?.host).toBe('xn--l-7sba6dbr.com')
    expect(toPieces('see https://раураl.com/login now')[1]).toMatchObject({ text: 'https://раураl.com/login', goesTo: 'xn--l-7sba6dbr.com' })
  })

  it('that has another host before an @ is shown where it goes', () => {
    expect(readsAsAnotherHost('https://github.com@evil.example/a')?.host).toBe('evil.example')
  })

  it('whose address is a number in disguise is shown where it goes', () => {
    expect(readsAsAnotherHost('http://2130706433/')?.host).toBe('127.0.0.1')
    expect(readsAsAnotherHost('http://0x7f.1/')?.host).toBe('127.0.0.1')
  })

  it('that goes where it reads is left alone', () => {
    for (const link of ['https://Example.COM:443/a', 'http://localhost:8080', 'https://[::1]:99/', 'https://example.com./', 'mailto:a@b.c'])
      expect(readsAsAnotherHost(link)).toBeUndefined()
    expect(hasHidden('https://example.com/ä')).toBe(false)
  })
})
