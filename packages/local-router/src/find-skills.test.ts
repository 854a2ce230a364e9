import { expect, test } from 'vitest'

import { readRequest } from './reading.ts'

const skills = (request: string): string[] => [...new Set(readRequest(request).mentions.flatMap(({ skill, aside }) => (aside ? [] : [skill])))]
const openEnds = (request: string) => readRequest(request).openEnds

test.each([
  ['Please transcribe the call.', ['transcribe']],
  ['Convert the speech in call.mp3 to text.', ['transcribe']],
  ['I have a recording (call.mp3). I want to transcribe it. Please write down what is said and give me the transcription.', ['transcribe']],
  ['Turn the text into speech. I need it as an audio file with natural-sounding speech.', ['speak']],
  ['I have a scan, page.png. Could you extract the text from this image and provide the text in the image?', ['read-image']],
  ['Remove the background noise from talk.wav and improve the quality of the audio to make it clearer.', ['clean-audio']],
])('counts once what is said again in other words: %s', (request, found) => {
  expect(skills(request)).toEqual(found)
})

test.each([
  ['Transcribe call.mp3, translate the text into French and read it aloud.', ['transcribe', 'translate', 'speak']],
  ['Detect the objects in photo.jpg, then generate a video based on them and tell me how similar it is to clip.mp4.', ['detect', 'film', 'similar']],
  ['Book a flight to Oslo, reserve a hotel room and check the weather in Oslo.', ['flight', 'hotel', 'weather']],
])('finds every capability of a chain: %s', (request, found) => {
  expect(skills(request)).toEqual(found)
})

test('reads the same words by what they are said of', () => {
  expect(skills('Detect the names in the letter.')).toEqual(['entities'])
  expect(skills('Detect the people in photo.jpg.')).toEqual(['detect'])
  expect(skills('Please enhance the quality of talk.wav.')).toEqual(['clean-audio'])
  expect(skills('Please enhance the quality of photo.jpg.')).toEqual(['restyle'])
})

test('does not count what is only told, and what one wants the result for', () => {
  expect(skills('The weather was awful at the hotel. Please translate the letter.')).toEqual(['translate'])
  expect(skills('I need a summary of the letter to share with my team.')).toEqual(['summarize'])
})

test('finds the step that nobody names between a file and what is asked of it', () => {
  expect(openEnds('Summarize call.mp3.')).toMatchObject({ unused: ['audio'], missing: ['text'] })
  expect(openEnds('Transcribe call.mp3 and summarize it.')).toMatchObject({ unused: [], missing: [] })
})

test('keeps the verbs that belong to no capability it knows', () => {
  expect(openEnds('Translate the letter and laminate it, then commission a statue.')).toMatchObject({ plain: [] })
  expect(openEnds('Translate the letter, then subtract four and browse the shelves.').plain).toEqual(['subtract'])
})
