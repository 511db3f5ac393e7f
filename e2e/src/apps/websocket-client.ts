/** Sends 0, 1, 2 …, each when the one before has come back; resolves with the first `turns` answers. */
export async function echoOverWebSocket(url: string, turns: number): Promise<readonly unknown[]> {
  const socket = new WebSocket(url)
  const replies: unknown[] = []
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => socket.send('0'))
    socket.addEventListener('error', () => reject(new Error('the WebSocket failed')))
    socket.addEventListener('message', event => {
      replies.push(event.data)
      if (replies.length === turns) resolve()
      else socket.send(String(replies.length))
    })
  })
  socket.close()
  return replies
}
