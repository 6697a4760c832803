// What every page loads, as one file: htmx with its morph (it makes itself a global), the keys, the plan, the poll.
// htmx is configured by <meta name="htmx-config"> in base.html: it reads its settings while it is imported.
import 'htmx.org/dist/htmx.esm.js';
import './keys.js';
import './plan.js';
import './live.js';
import './draft.js';
