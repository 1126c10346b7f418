train {}
