import { get } from './outgoing.ts'
import { hopsOf } from './hop.ts'
import { type Incoming, json, notFound, serve } from './serve.ts'

/** v1 shows no stars and calls nobody; v2 and v3 ask `ratings` and paint what they get. */
const STAR_COLOURS: Readonly<Record<string, string>> = { v2: 'black', v3: 'red' }

const REVIEWS = [
  { reviewer: 'Reviewer1', text: 'Two pairs of twins, one city, no proxy to tell them apart. I laughed on every page.' },
  { reviewer: 'Reviewer2', text: 'Very funny, if a little hard to follow: half of the calls reach the wrong instance.' },
]

const RATINGS_URL = process.env['RATINGS_URL'] ?? 'http://ratings:9080'

async function reviewsOf(id: string, { headers, hop }: Incoming): Promise<object> {
  const color = STAR_COLOURS[hop.version]
  if (color === undefined) return { id, reviews: REVIEWS, hops: [hop] }
  const answer = await get(`${RATINGS_URL}/ratings/${id}`, headers)
  const stars = starsIn(answer.body)
  const rating = (reviewer: string): object =>
    stars === undefined
      ? { error: `ratings answered ${answer.status}: ${answer.text.slice(0, 200)}` }
      : { stars: stars[reviewer] ?? 0, color }
  return { id, reviews: REVIEWS.map(review => ({ ...review, rating: rating(review.reviewer) })), hops: [hop, ...hopsOf(answer.body)] }
}

function starsIn(body: unknown): Record<string, number> | undefined {
  if (typeof body !== 'object' || body === null || !('ratings' in body)) return undefined
  if (typeof body.ratings !== 'object' || body.ratings === null) return undefined
  return Object.fromEntries(Object.entries(body.ratings).map(([reviewer, stars]) => [reviewer, Number(stars)]))
}

serve('reviews', async incoming => {
  const id = /^\/reviews\/(\d{1,9})$/.exec(incoming.path)?.[1]
  return id === undefined ? notFound(incoming.path) : json(await reviewsOf(id, incoming))
})
