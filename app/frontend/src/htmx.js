// Extensions look for a global, and must find it before htmx begins: so this is imported first.
import htmx from 'htmx.org/dist/htmx.esm.js';

window.htmx = htmx;
// Its stylesheet would be an inline one, which the content security policy forbids.
htmx.config.includeIndicatorCSS = false;
