import { get } from './outgoing.ts'
import { hopsOf } from './hop.ts'
import { renderPage } from './render-page.ts'
import { type Incoming, json, notFound, type Reply, serve } from './serve.ts'

const DETAILS_URL = process.env['DETAILS_URL'] ?? 'http://details:9080'
const REVIEWS_URL = process.env['REVIEWS_URL'] ?? 'http://reviews:9080'
const RATINGS_URL = process.env['RATINGS_URL'] ?? 'http://ratings:9080'

const PRODUCTS = [{ id: 0, title: 'The Comedy of Errors' }]

/** The whole page as data: details and reviews side by side, and every hop that was made for it. */
async function product(id: string, { headers, hop }: Incoming): Promise<object> {
  const [details, reviews] = await Promise.all([get(`${DETAILS_URL}/details/${id}`, headers), get(`${REVIEWS_URL}/reviews/${id}`, headers)])
  const part = (answer: { status: number; body: unknown; text: string }): unknown =>
    answer.status === 200 ? answer.body : { error: `answered ${answer.status}: ${answer.text.slice(0, 200)}` }
  return { id: Number(id), details: part(details), reviews: part(reviews), hops: [hop, ...hopsOf(details.body), ...hopsOf(reviews.body)] }
}

/** Hands on what one service answered, with its status, so that a refusal by policy reaches the caller unchanged. */
async function passThrough(url: string, incoming: Incoming): Promise<Reply> {
  const answer = await get(url, incoming.headers)
  return json(answer.body ?? { error: answer.text }, answer.status === 0 ? 502 : answer.status)
}

async function api(path: string, incoming: Incoming): Promise<Reply> {
  const [, id, part] = /^\/api\/v1\/products\/(\d{1,9})(?:\/(reviews|ratings))?$/.exec(path) ?? []
  if (id === undefined) return path === '/api/v1/products' ? json(PRODUCTS) : notFound(path)
  if (part === 'reviews') return passThrough(`${REVIEWS_URL}/reviews/${id}`, incoming)
  if (part === 'ratings') return passThrough(`${RATINGS_URL}/ratings/${id}`, incoming)
  return json(await product(id, incoming))
}

serve('productpage', async incoming => {
  if (incoming.path === '/productpage') return { kind: 'html', body: renderPage(await product('0', incoming)) }
  return api(incoming.path, incoming)
})
