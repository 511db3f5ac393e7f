/** The product page as HTML. Every text goes through `escapeHtml`: answers of other services are not trusted. */
export function renderPage(product: object): string {
  const details = field(product, 'details')
  const reviews = list(field(field(product, 'reviews'), 'reviews'))
  const title = text(field(details, 'title')) || 'Book'
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<style>${STYLE}</style></head>
<body><main><h1>${title}</h1>
<section><h2>Details</h2>${detailRows(details)}</section>
<section><h2>Reviews</h2>${reviews.map(renderReview).join('') || '<p class="gone">Reviews are not available at the moment.</p>'}</section>
<section><h2>How this page was made</h2>${hopRows(list(field(product, 'hops')))}</section>
</main></body></html>
`
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f6f5f2;color:#222}
main{max-width:44rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.8rem;margin:0 0 1rem}h2{font-size:1rem;margin:0 0 .5rem;color:#555}
section{background:#fff;border:1px solid #e3e0da;border-radius:8px;padding:1rem;margin:0 0 1rem}
table{border-collapse:collapse;width:100%}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}
blockquote{margin:0 0 .8rem;padding-left:.8rem;border-left:3px solid #d8d3c8}
.gone{color:#8a5a00}.stars{letter-spacing:.1em}code{font-size:.85em;overflow-wrap:anywhere}`

function detailRows(details: unknown): string {
  const names = ['author', 'year', 'type', 'pages', 'publisher', 'language']
  return `<table>${names.map(name => `<tr><th>${name}</th><td>${text(field(details, name))}</td></tr>`).join('')}</table>`
}

function renderReview(review: unknown): string {
  const rating = field(review, 'rating')
  const stars = Math.min(Math.max(Number(field(rating, 'stars') ?? 0), 0), 5)
  const color = field(rating, 'color') === 'red' ? '#c0392b' : '#222'
  const shown =
    stars > 0
      ? `<span class="stars" style="color:${color}" aria-label="${stars} of 5">${'★'.repeat(stars)}${'☆'.repeat(5 - stars)}</span>`
      : rating === undefined
        ? ''
        : '<span class="gone">Ratings are not available at the moment.</span>'
  return `<blockquote>${text(field(review, 'text'))}<br><small>${text(field(review, 'reviewer'))}</small> ${shown}</blockquote>`
}

function hopRows(hops: readonly unknown[]): string {
  const rows = hops.map(
    hop =>
      `<tr><td>${text(field(hop, 'service'))}</td><td>${text(field(hop, 'version'))}</td><td><code>${text(field(hop, 'caller')) || 'plain text'}</code></td></tr>`,
  )
  return `<table><tr><th>service</th><th>version</th><th>called by</th></tr>${rows.join('')}</table>`
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? escapeHtml(String(value)) : ''
}

function escapeHtml(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
