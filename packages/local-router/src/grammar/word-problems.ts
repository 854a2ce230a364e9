import { choose, shuffle, type Random } from './random.ts'

/**
 * Sums told as stories: many sentences, many verbs, many numbers, and one model call. What happens in them is told of
 * somebody, never asked of the reader.
 */
const PEOPLE = ['Maria', 'Tom', 'Priya', 'Kwame', 'Mr. Ito', 'a farmer', 'Lena', 'the baker', 'two friends', 'a school', 'a shop', 'Ali', 'Greta and Sam']
const THINGS = [
  'apples',
  'tickets',
  'pages',
  'eggs',
  'marbles',
  'chairs',
  'miles',
  'stamps',
  'bottles',
  'students',
  'cupcakes',
  'hours',
  'trees',
  'letters',
  'cards',
  'songs',
]
const NUMBERS = [
  '2',
  '3',
  '4',
  '5',
  '6',
  '8',
  '10',
  '12',
  '15',
  '18',
  '20',
  '24',
  '25',
  '30',
  '36',
  '40',
  '45',
  '50',
  '60',
  '75',
  '80',
  '100',
  '120',
  '150',
  '200',
  '350',
  '1,200',
  'two',
  'three',
  'five',
  'seven',
  'half as many',
  'twice as many',
  '20%',
  '$4',
  '$1.50',
  '$15',
  '$120',
]
const EVENTS = [
  '{who} has {n} {things}.',
  '{who} buys {n} {things} for {n} each.',
  '{who} bought {n} {things} and gave {n} of them away.',
  'On Monday, {who} sold {n} {things}.',
  'Each box holds {n} {things}.',
  '{who} earns {n} an hour and works {n} hours a day.',
  'In the second week, {who} makes {n} more {things} than in the first.',
  'A third of the {things} are red and the rest are blue.',
  '{who} reads {n} {things} every day, and {n} on Sundays.',
  'There are {n} {things} in the yard, {n} of which are old.',
  '{who} is {n} years older than {who}.',
  'They pay {n} for parking and {n} for food.',
  'If it rains, {who} loses {n} {things}.',
  '{who} drives {n} miles, stops for {n} minutes, and then drives another {n} miles.',
  'Every {n} days, {who} plants {n} {things}.',
  '{who} needs {n} {things} for a party with {n} guests.',
  'After that, {who} finds {n} {things} and sends {n} of them to {who}.',
  'The {things} cost {n} each, but there is a discount of {n}.',
  '{who} wants to buy a bike that costs {n}.',
  'Half of the {things} were broken, and {who} returned {n} more.',
  '{who} collected {n} {things}, lost {n}, and then got {n} from a friend.',
]
const ASKED = [
  'How many {things} does {who} have left?',
  'How much money does {who} have in the end?',
  'How many {things} are there in total?',
  'How long does it take?',
  'What is the average number of {things} a day?',
  'How many more {things} are needed?',
  'How old is {who} now?',
  'What percentage of the {things} is left?',
  'How much did {who} pay altogether?',
  'Calculate the total cost.',
  'Find the number of {things} in the first week.',
  'How many {things} will {who} have after {n} weeks?',
  'What is the ratio of {things} to people?',
]

export function composeWordProblem(random: Random): string {
  const who = choose(random, PEOPLE)
  const other = choose(random, PEOPLE)
  const things = choose(random, THINGS)
  const tell = (template: string): string => {
    const told = template.replace(/\{(\w+)\}/g, (_, name: string) =>
      name === 'n' ? choose(random, NUMBERS) : name === 'things' ? things : random() < 0.7 ? who : random() < 0.5 ? other : 'she',
    )
    return told.charAt(0).toUpperCase() + told.slice(1)
  }
  return [...shuffle(random, EVENTS).slice(0, 1 + Math.floor(random() * 5)), choose(random, ASKED)].map(tell).join(' ')
}
