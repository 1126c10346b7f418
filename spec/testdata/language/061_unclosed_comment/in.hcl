train {} /* never ends
