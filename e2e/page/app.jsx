// The tutorials' front end in one page: it shows the status, the session and the last answer,
// and has a button for each call. `/members` is a page that asks for a session by itself.
import { useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { SessionProvider, signIn, signOut, useSession } from 'next-auth/react'

// Every status in order, for the tests.
window.statuses = []

function Page() {
  const { data, status, update } = useSession({ required: location.pathname === '/members' })
  const [answer, setAnswer] = useState(null)
  useEffect(() => { window.statuses.push(status) }, [status])
  const show = (call) => async (...args) => setAnswer({ value: (await call(...args)) ?? null })

  const submit = show((event) => {
    event.preventDefault()
    const { email, password } = Object.fromEntries(new FormData(event.currentTarget))
    return signIn('credentials', { email, password, redirect: false })
  })
  return (
    <main>
      <h1 id="status">{status}</h1>
      <pre id="session">{JSON.stringify(data ?? null)}</pre>
      {answer?.value?.error && <p id="error" role="alert">{answer.value.error}</p>}
      <pre id="answer">{answer && JSON.stringify(answer.value)}</pre>
      <form id="sign-in" onSubmit={submit}>
        <input name="email" aria-label="E-mail" />
        <input name="password" type="password" aria-label="Password" />
        <button>Sign in</button>
      </form>
      <button id="update" onClick={show(() => update({ name: 'Countess of Lovelace' }))}>Update</button>
      <button id="refresh" onClick={show(() => update())}>Refresh</button>
      <button id="sign-out" onClick={show(() => signOut({ redirect: false }))}>Sign out</button>
      <button id="sign-in-page" onClick={() => signIn()}>Sign-in page</button>
      <button id="sign-in-corp" onClick={() => signIn('corp')}>Sign in at work</button>
      <button id="leave" onClick={() => signOut({ callbackUrl: '/?left' })}>Sign out and leave</button>
    </main>
  )
}

createRoot(document.getElementById('root')).render(<SessionProvider><Page /></SessionProvider>)
