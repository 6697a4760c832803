// What every page loads, as one file: htmx with its morph (it makes itself a global), the keys, the plan, the poll.
// htmx is configured by <meta name="htmx-config"> in base.html: it reads its settings while it is imported.
import './scripted.js';
import 'htmx.org/dist/htmx.esm.js';
import './keys.js';
import './plan.js';
import './live.js';
import './draft.js';
import './palette.js';
import './preview.js';
import './select.js';
import './sheet.js';

// A page that answers a refused form stands at the form's address, where a reload or a step back would send it again:
// it says in <main data-address> where it belongs.
const { address } = document.getElementById('main')?.dataset ?? {};
if (address && address !== location.pathname) history.replaceState(null, '', address);
