// What somebody tries who wants to be somebody else, or somewhere else.

const who = 'intruder'
const names = ['X-Signet-User', 'X-Signet-Groups', 'X-Signet-Email', 'X-Signet-Assertion']

// every way to write the dashes of a name
const spelled = (name, marks) => {
  const [first, ...rest] = name.split('-')
  return rest.reduce((all, part) => all.flatMap((start) => marks.map((mark) => start + mark + part)), [first])
}

/** Lines of headers; each entry is sent by itself. Groups say admin, so that a rule would be met. */
export const disguises = [
  ...names.flatMap((name) => spelled(name, ['-', '_', '.'])),
  'x-signet-user', 'X-SIGNET-USER', 'x-sIgNeT-uSeR', 'x_signet_groups', 'X_SIGNET_GROUPS', 'x.signet.user',
  'X-Signet-User ', 'X-Signet-User\t', ' X-Signet-User', 'X-Signet-Name', 'X_Signet_Name',
].map((name) => [`${name}: ${/groups/i.test(name) ? `admin,${who}` : who}`]).concat([
  ['X-Signet-User: ', `X-Signet-User: ${who}`],
  [`X-Signet-User: ${who}`, `X-Signet-User: ${who}`],
  [`X-Signet-User: ${who}`, `X_Signet_User: ${who}`, `x.signet.user: ${who}`],
  ['Connection: close, X-Signet-User, X-Signet-Email, X-Signet-Groups'],
  ['Connection: close, X-Signet-User', `X-Signet-User: ${who}`],
  ['Connection: X-Signet-User', 'Connection: close'],
  ['Connection: close, Cookie', `X-Signet-User: ${who}`],
  ['Connection: close, X-Forwarded-Uri, X-Original-URL, X-Forwarded-Host', `X-Signet-Groups: admin,${who}`],
  [`X-Ignored: 1`, ` X-Signet-User: ${who}`],
  [`X-Ignored: 1\rX-Signet-User: ${who}`],
  [`X-Ignored: 1\nX-Signet-User: ${who}`],
])

/** Paths that some server takes for a page of administrators, or for a closed one. */
export const paths = [
  '/admin', '/admin/', '/admin/users', '/ADMIN', '/Admin/users', '/aDmIn', '//admin', '///admin/users', '/./admin', '/admin/.', '/%61dmin', '/adm%69n/users', '/%41dmin',
  '/public/../admin', '/public/..%2fadmin', '/public/%2e%2e/admin', '/public/%2e%2e%2fadmin', '/public/..%5cadmin', '/public/..\\admin', '/public%2f..%2fadmin',
  '/public/..;/admin', '/public/..;x=1/admin', '/admin;x', '/admin;x/users', '/admin/;/users', '/;/admin', '/public/.;/../admin',
  '/public/%252e%252e/admin', '/public/..%252fadmin', '/public/..%c0%afadmin', '/public/%c0%ae%c0%ae/admin', '/public/..%00/admin', '/admin%00', '/admin%20', '/admin%09', '/admin.', '/admin/%2e',
  '/public//../admin', '/assets/..//admin', '/assets/../admin?x=/public/', '/admin?/public/about', '/admin#/public/about', '/public/../../admin', '/%2fadmin', '/%5cadmin', '/\\admin',
  '/public/about/../../admin', '/_next/../admin', '/admin/../admin', '/public/%ef%bc%8e%ef%bc%8e/admin', '/%ef%bc%a1dmin', '/admin%2fusers', '/admin%3fx',
]
