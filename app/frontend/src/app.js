// What every page loads, as one file: htmx with its morph, the keys, the plan.
import './htmx.js';
import './keys.js';
import './plan.js';
