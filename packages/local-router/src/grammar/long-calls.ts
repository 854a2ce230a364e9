import { fill } from './fill.ts'
import { choose, shuffle, type Random } from './random.ts'
import { SINGLE_WORDS } from './single-calls.ts'

/**
 * Long orders that one model call fills: a part to play, one piece of writing or code, and many conditions on it. They
 * hold as many verbs as a chain of tasks does; all of them speak of the one piece.
 */
const ROLES = [
  'You are an experienced {job}.',
  'Act as a {job}.',
  'I want you to act as a {job}.',
  'As a {job}, your role is to give useful feedback.',
  'Imagine that you are {hero}.',
  '# Role\nYou are a {job} with {number} years of experience.',
  'I am a {job} and new to {thing2}.',
  'Suppose we have a small company that sells {thing}.',
  'I am writing about {thing}.',
  'We want to build an app about {thing}.',
  'I have the following class in {lang}:\n\n{snippet}\n',
  'My {relative} and I are planning something around {thing}.',
  '',
  '',
  '',
  '',
  '',
]
const PIECES = [
  'Write a {genre} about {thing}.',
  'Write a detailed article on {thing}.',
  'Write a {lang} program that {codejob}.',
  'Create a {lang} function that {codejob} and {codejob}.',
  'I want to write a {lang} application. The app should do the following:',
  'Design a system that {codejob}, {codejob} and {codejob}.',
  'Provide a position paper on {thing}.',
  'Help me write a proposal for {thing}.',
  'Generate {number} exam questions about {thing}, with answers.',
  'Give me {lang} code that {codejob}.',
  'How would you structure a project that {codejob}?',
  'Explain {thing} in detail.',
  'Analyze {thing} from the view of a {job}.',
  'Outline a strategy to {task}.',
  'Create a table that compares {thing}, {thing} and {thing} by cost, effort and benefit.',
  'Create a prompt for a chat model that writes about {thing}.',
  'Your task is to write a LinkedIn post about {thing}.',
  'Prepare a lesson on {thing}.',
  'Give me a plan for {number} weeks to {task}.',
  'Find the mistake in this code and tell me how to fix it:',
  'Review the following code and suggest improvements:',
  'I need a script in {lang} that {codejob}, then {codejob}.',
  'Make me a character sheet for {hero}.',
  'Evaluate this idea: a shop that sells {thing} at night.',
  'Tell me about {thing} and how it changed over time.',
  'Discuss how {thing} and {thing} are related.',
  'Could you walk me through {thing2} and show an example in {lang}?',
  'Is there a way in {lang} to get this done: the program {codejob} and {codejob}?',
]
const CONDITIONS = [
  'Explain your choices.',
  'Include examples.',
  'Use simple words and avoid jargon.',
  'Make sure that it {codejob}.',
  'It should be {manner}.',
  'Provide at least {number} examples and elaborate on each one.',
  'Start with a short introduction, then discuss the main points, and finish with a conclusion.',
  'Do this step by step.',
  'First, describe {thing}. Then explain how it is used. Finally, discuss what could be improved.',
  'Identify the risks and suggest how to reduce them.',
  'Add comments to the code.',
  'Write tests for it.',
  'Use {lang} and no other library.',
  'Keep it under {number} words.',
  'Mention {thing}.',
  'Also talk about {thing}.',
  'Consider {thing}, {thing} and {thing}.',
  'Give me a list of {number} ideas and rank them.',
  'It must handle errors, log them and try again.',
  'The user should be able to search, filter and sort the entries.',
  'When the user clicks the button, it sends a message and plays a sound.',
  'It has to read the settings from a file, check them and print a warning.',
  'Please format the answer as a table.',
  'Do not repeat yourself.',
  'Think about it carefully before you answer.',
  'Compare the two approaches and say which one is better.',
  'If you do not know, say so.',
  'Provide the complete code.',
  'At the end, summarize the main points.',
  'Calculate the total and show your work.',
  'I will give you feedback afterwards.',
  'Correct any spelling mistakes.',
  'Justify your answer.',
  'Be explicit about the details.',
  'The story should mention that {hero} {deed} and {deed}.',
  'Describe how to test, deploy and monitor it.',
  'The target group is beginners who want to {task}.',
  'Let me know how I can {task}.',
]
const BULLETS = [
  'shows a list of {thing}',
  'lets the user {task}',
  '{codejob}',
  'has a dark mode',
  'sends a notification when something changes',
  'saves everything in a file',
  'can be searched and sorted',
  'a short title',
  'one example for {thing}',
  'plays a video',
  'calculates the sum',
  'who it is for',
  'explains {thing} in one line',
  'imports and exports data',
]
const CODE_LINES = [
  'import os',
  'class Player:',
  '  def __init__(self, name):',
  '    self.name = name',
  '#include <vector>',
  'int counter = 0;',
  'while (true) {',
  '  x = load(file)',
  '}',
  'return sorted(items, key=len)',
  'console.log(data.map((row) => row.total))',
  'if err != nil { return err }',
  'SELECT id, name FROM users;',
  'print("done")',
  'public static void main(String[] args) {',
  'for (int i = 0; i < n; i++) sum += a[i];',
  'set output "plot.png"',
  'let total = 0',
]

export function composeLongCall(random: Random): string {
  const role = choose(random, ROLES)
  const piece = choose(random, PIECES)
  const conditions = shuffle(random, CONDITIONS).slice(0, Math.floor(random() * 6))
  const gap = choose(random, [' ', ' ', '\n\n', '\n'])
  const bullets =
    piece.endsWith('following:') || random() < 0.15
      ? `\n${shuffle(random, BULLETS)
          .slice(0, 3 + Math.floor(random() * 4))
          .map((bullet, index) => `${choose(random, ['-', '*', `${index + 1}.`])} ${bullet}`)
          .join('\n')}\n`
      : ''
  const code =
    /(?:code|it):$/.test(piece) || random() < 0.12
      ? `\n\n${Array.from({ length: 3 + Math.floor(random() * 12) }, () => choose(random, CODE_LINES)).join('\n')}\n`
      : ''
  const text = [role, piece + bullets, ...conditions].filter((part) => part !== '').join(gap) + code
  return fill(
    random,
    text.replace(/\{([\w:-]+)\}/g, (brace, name: string) => (SINGLE_WORDS[name] ? choose(random, SINGLE_WORDS[name]) : brace)),
  )
}
